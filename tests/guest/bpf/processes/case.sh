mkdir -p /tmp/p/keeper /tmp/p/other /tmp/p/closed
cp /bin/busybox /tmp/p/keeper/sleep
for d in keeper other closed; do cp /bin/probe /tmp/p/$d/; done
cp /bin/busybox /tmp/p/other/
K=/tmp/p/keeper O=/tmp/p/other C=/tmp/p/closed
# One that is older than the agent, one that is not, and one that no rule protects.
$K/sleep 1000 &
old=$!
start policy.wasm --allow-unsigned --no-aggregate
$K/sleep 1000 &
new=$!
sleep 1000 &
free=$!
/bin/probe as 77 /bin/sleep 1000 &
user=$!
sleep 1

for pid in $old $new; do
	denied $O/probe attach $pid
	denied $O/probe readv $pid
	denied $O/probe getfd $pid 0
	# What /proc makes of a refusal.
	refused $O/probe mem $pid
	refused $O/probe environ $pid
	refused $O/probe exe $pid
	denied $O/busybox kill -KILL $pid
	denied $O/busybox kill -TERM $pid
	denied $O/probe pidfd-signal $pid 9
	denied $O/probe tgkill $pid 15
	# A question is no signal, and another signal is another event.
	allowed $O/busybox kill -0 $pid
	allowed $O/busybox kill -CONT $pid
	# Others may.
	allowed probe attach $pid
	allowed probe readv $pid
	allowed probe mem $pid
done
for way in attach readv mem environ exe; do
	allowed $O/probe $way $free
done
allowed $O/probe getfd $free 0
allowed $O/busybox kill -CONT $free
denied $O/busybox kill -USR1 $user
allowed $O/busybox kill -CONT $user
allowed $O/probe tgkill $free 18

# A rule without an object is about everybody; what a process does to itself is no event.
denied $C/probe attach $free
refused $C/probe mem 1
denied $C/probe pidfd-signal $free 18
allowed $C/probe mem self
allowed $C/probe readv self
allowed $C/probe tgkill self 18

# Offering oneself makes the parent a tracer.
denied $C/probe trace /bin/true
allowed $O/probe trace /bin/true
# Tracing is not got by tracing first and starting the protected program then.
denied $O/probe trace $K/probe exe self
allowed probe trace $K/probe exe self

# A signal to a group reaches those of it that it may.
allowed kill -KILL $free
allowed kill -KILL $user
allowed kill -KILL $old
allowed kill -KILL $new
stop
says "$work/audit.log" "DENIED     ptrace /tmp/p/keeper/sleep pid=$new uid=0  by /tmp/p/other/probe"
says "$work/audit.log" "DENIED     signal SIGKILL /tmp/p/keeper/sleep pid=$old uid=0  by /tmp/p/other/busybox"
says "$work/audit.log" "DENIED     signal SIGUSR1 /bin/busybox pid=$user uid=77"
says "$work/audit.log" "DENIED     ptrace /tmp/p/keeper/probe pid="
says "$work/audit.log.jsonl" '"signal":"SIGTERM"'
says "$work/audit.log.jsonl" "\"target\":{\"exe\":\"/tmp/p/keeper/sleep\",\"gid\":0,\"name\":\"sleep\",\"pid\":$new,\"uid\":0}"
says "$work/agent.log" "; disagreements: 0"
silent "$work/agent.log" "compared with the kernel's verdict: 0"
says "$work/agent.log" "image errors: 0"
says "$work/agent.log" " 0 unaccounted for"
