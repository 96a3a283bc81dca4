# What the cases are written in. Every check that does not hold is said and remembered; `finish` is the verdict.
checks=0
failures=0
work=${work:-/tmp} # where the agent's files go

said() {
	echo "    $*"
}

check() { # RESULT TEXT: counts a check, whose result is 0 when it holds
	checks=$((checks + 1))
	if [ "$1" != 0 ]; then
		failures=$((failures + 1))
		said "NOT SO: $2"
	fi
}

allowed() { # COMMAND...: must succeed
	if out=$("$@" 2>&1); then check 0 ""; else check 1 "allowed: $* -> $out"; fi
}

denied() { # COMMAND...: must fail with EPERM, not for another reason
	if out=$("$@" 2>&1); then
		check 1 "denied: $* -> it succeeded"
	else
		case "$out" in
		# The second is what busybox says of EPERM from mount(2).
		*"Operation not permitted"* | *"(are you root?)"*) check 0 "" ;;
		*) check 1 "denied: $* -> it failed, but with: $out" ;;
		esac
	fi
}

refused() { # COMMAND...: must fail with EACCES, which is what /proc makes of a refusal
	if out=$("$@" 2>&1); then
		check 1 "refused: $* -> it succeeded"
	else
		case "$out" in
		*"Permission denied"*) check 0 "" ;;
		*) check 1 "refused: $* -> it failed, but with: $out" ;;
		esac
	fi
}

says() { # FILE TEXT: the file must contain the text
	if grep -qF -- "$2" "$1"; then check 0 ""; else check 1 "$1 says \"$2\""; tail -5 "$1"; fi
}

silent() { # FILE TEXT: the file must not contain the text
	if grep -qF -- "$2" "$1"; then check 1 "$1 does not say \"$2\""; else check 0 ""; fi
}

lines() { # NUMBER FILE TEXT: so many lines of the file contain the text
	found=$(grep -cF -- "$3" "$2" || true)
	if [ "$found" = "$1" ]; then check 0 ""; else check 1 "$2 says \"$3\" $1 time(s), not $found"; fi
}

start() { # WARMORD OPTIONS...: starts an agent that leaves nothing behind, and waits until it says that it is at work
	start_lasting "$@" --no-pin --no-state
}

start_lasting() { # WARMORD OPTIONS...: starts an agent, and waits until it says that it is at work
	# Not what an earlier agent said.
	: >"$work/agent.log"
	warmord run "$@" --audit-log "${log:-$work/audit.log}" --socket "$work/control.sock" >"$work/agent.log" 2>&1 &
	agent=$!
	echo "$agent" >"$work/agent.pid"
	waited=0
	while ! grep -q '^ready' "$work/agent.log"; do
		if ! kill -0 "$agent" 2>/dev/null || [ $waited -ge 180 ]; then
			said "the agent did not get ready:"
			cat "$work/agent.log"
			exit 1
		fi
		sleep 1
		waited=$((waited + 1))
	done
}

tell() { # VERB OPTIONS...: asks the agent
	verb=$1
	shift
	warmord "$verb" --socket "$work/control.sock" "$@"
}

stop() { # ends the agent in an orderly way
	kill "$agent"
	wait "$agent" || check 1 "the agent ends without an error"
	rm -f "$work/agent.pid"
}

finish() {
	if [ $checks = 0 ]; then said "no check was made"; exit 1; fi
	if [ $failures != 0 ]; then
		[ -f "$work/agent.log" ] && tail -20 "$work/agent.log"
		said "$failures of $checks check(s) do not hold"
		exit 1
	fi
	said "$checks check(s) hold"
}
