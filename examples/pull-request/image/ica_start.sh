#!/bin/bash
# The main process of the workspace. Bench starts it as 1000:100, and starts it again when it ends. Only /data and /tmp
# are writable. When the workspace stops, Bench sends TERM, and KILL 30 seconds later.
set -eu

stop() {
  kill -TERM $(jobs -p) 2>/dev/null || true
}
trap 'echo "TERM came"; stop' TERM

# The keys exist only while the workspace has console access.
if [ -e /etc/workspace-auth/privateKey ]; then
  mkdir -p /tmp/sshd
  umask 077
  cp /etc/workspace-auth/hostKey /tmp/sshd/hostKey
  cp /etc/workspace-auth/pubKey /tmp/sshd/authorized_keys
  # Pass on Bench's variables, including the proxy of a restricted network, to login sessions.
  {
    cat /etc/ica/sshd_config
    printf 'SetEnv'
    env | grep -E '^(ICA_[A-Z_]+|[A-Za-z]+_(PROXY|proxy)|HOME|PATH)=' | while IFS= read -r each; do printf ' "%s"' "$each"; done
    printf '\n'
  } > /tmp/sshd/sshd_config
  umask 022
  /usr/sbin/sshd -D -e -f /tmp/sshd/sshd_config &
  echo "sshd listens on 2222"
else
  echo "no console access: nothing to serve"
  tail -f /dev/null &
fi

# Wait until sshd ends or TERM arrives.
wait -n || true
stop
wait || true
