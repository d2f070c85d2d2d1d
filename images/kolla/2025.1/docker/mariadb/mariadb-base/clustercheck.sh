#!/bin/bash
# Says over HTTP whether this node of the Galera cluster takes queries: 200 for a synced one, 503 otherwise. socat gives it a
# connection as standard input and output. Settings are those of the script that Kolla's own images have.
set -o nounset

: "${MYSQL_HOST:=127.0.0.1}" "${MYSQL_PORT:=3306}" "${MYSQL_USERNAME:=clustercheckuser}" "${MYSQL_PASSWORD:=}"
: "${AVAILABLE_WHEN_DONOR:=0}" "${AVAILABLE_WHEN_READONLY:=1}" "${TIMEOUT:=10}"

ask() {
    MYSQL_PWD=$MYSQL_PASSWORD mariadb --no-defaults --host="$MYSQL_HOST" --port="$MYSQL_PORT" --user="$MYSQL_USERNAME" \
        --connect-timeout="$TIMEOUT" --skip-column-names --batch --execute "$1" 2>/dev/null | cut -f 2
}

reply() { # STATUS TEXT
    local text="$2"$'\r\n'
    printf 'HTTP/1.1 %s\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' "$1" "${#text}" "$text"
    # The balancer reads the answer before the connection goes away.
    sleep 0.1
}

state=$(ask "SHOW STATUS LIKE 'wsrep_local_state'")
if [[ $state = 4 || ($state = 2 && $AVAILABLE_WHEN_DONOR = 1) ]]; then
    if [[ $AVAILABLE_WHEN_READONLY = 0 && $(ask "SHOW GLOBAL VARIABLES LIKE 'read_only'") = ON ]]; then
        reply '503 Service Unavailable' 'Galera cluster node is read-only.'
        exit 1
    fi
    reply '200 OK' 'Galera cluster node is synced.'
    exit 0
fi
reply '503 Service Unavailable' 'Galera cluster node is not synced.'
exit 1
