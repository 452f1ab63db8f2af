#!/bin/bash
# The main process of the workspace. Bench runs it as user 1000, and starts it again when it ends.
# Only /data and /tmp are writable.
set -eu

children=()

# When the workspace stops, Bench sends TERM, and KILL 30 seconds later.
terminate() {
  echo "stopping"
  if [ "${#children[@]}" -gt 0 ]; then kill -TERM "${children[@]}" 2>/dev/null || true; fi
}
trap terminate TERM

if [ "${ICA_WEB_ENABLED:-false}" = true ]; then
  # Serve the page under the path that Bench uses for requests.
  prefix="/${ICA_NAMESPACE}-n-${ICA_WORKSPACE}-i${ICA_WORKSPACE}"
  mkdir -p /tmp/nginx
  cat > /tmp/nginx/nginx.conf <<EOF
daemon off;
pid /tmp/nginx/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  default_type text/html;
  client_body_temp_path /tmp/nginx/body;
  proxy_temp_path /tmp/nginx/proxy;
  fastcgi_temp_path /tmp/nginx/fastcgi;
  uwsgi_temp_path /tmp/nginx/uwsgi;
  scgi_temp_path /tmp/nginx/scgi;
  server {
    listen 8888;
    absolute_redirect off;
    location = ${prefix} { return 302 ${prefix}/; }
    location ${prefix}/ { alias /usr/share/ica/; }
  }
}
EOF
  /usr/sbin/nginx -c /tmp/nginx/nginx.conf -e stderr &
  children+=($!)
fi

if [ "${ICA_CONSOLE_ENABLED:-false}" = true ] && [ -e /etc/workspace-auth/privateKey ]; then
  # sshd rejects keys that other users can read, so copy them with strict permissions.
  umask 077
  cp /etc/workspace-auth/hostKey /tmp/hostKey
  cp /etc/workspace-auth/pubKey /tmp/authorized_keys
  # Pass on Bench's variables, including the proxy, to console sessions.
  {
    cat /etc/ica/sshd_config
    printf 'SetEnv'
    env | grep -E '^(ICA_[A-Z_]+|[a-zA-Z_]+_(PROXY|proxy)|HOME)=' | while IFS= read -r line; do printf ' "%s"' "$line"; done
    printf '\n'
  } > /tmp/sshd_config
  /usr/sbin/sshd -D -e -f /tmp/sshd_config &
  children+=($!)
fi

tail -f /dev/null &
children+=($!)
echo "workspace ${ICA_WORKSPACE:-} is up"

# Wait until one process ends or TERM arrives, then stop the others.
wait -n "${children[@]}" || true
terminate
wait || true
