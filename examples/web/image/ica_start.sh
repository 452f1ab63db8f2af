#!/bin/bash
# The main process of the workspace. Bench starts it as 1000:100, and starts it again when it ends. Only /data and /tmp
# are writable. When the workspace stops, Bench sends TERM, and KILL 30 seconds later.
set -eu

# Bench passes requests on unchanged, under this path.
prefix="/${ICA_NAMESPACE}-n-${ICA_WORKSPACE}-i${ICA_WORKSPACE}"

mkdir -p /tmp/nginx
sed "s|@PREFIX@|${prefix}|g" /etc/ica/nginx.conf > /tmp/nginx/nginx.conf
echo "nginx serves ${prefix}/ on 8888"

# exec replaces the shell, so that TERM reaches nginx itself, which ends at once.
exec /usr/sbin/nginx -c /tmp/nginx/nginx.conf -e stderr
