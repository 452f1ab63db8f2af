#!/bin/bash
# The main process of the workspace. Bench starts it as 1000:100 and starts it again when it ends; only /data and /tmp
# can be written. A stop of the workspace sends TERM, and KILL 30 seconds later.
set -eu

# Bench hands requests on under this path, and unchanged.
prefix="/${ICA_NAMESPACE}-n-${ICA_WORKSPACE}-i${ICA_WORKSPACE}"

mkdir -p /tmp/nginx
sed "s|@PREFIX@|${prefix}|g" /etc/ica/nginx.conf > /tmp/nginx/nginx.conf
echo "nginx serves ${prefix}/ on 8888"

# In the shell's place: TERM reaches nginx itself, which ends at once.
exec /usr/sbin/nginx -c /tmp/nginx/nginx.conf -e stderr
