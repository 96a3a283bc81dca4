autocmd BufRead,BufNewFile *.warmor set filetype=warmor
