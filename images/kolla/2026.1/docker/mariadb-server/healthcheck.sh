#!/bin/bash
# Answers the questions that kolla-ansible's container healthcheck asks, in the words of MariaDB's own healthcheck.sh:
#   healthcheck.sh [--defaults-file FILE] QUESTION…      exit code 0 where all hold
set -o nounset

defaults=()
questions=()

ask() {
    # The socket: where Kolla binds the server to one address, localhost has no port.
    mariadb "${defaults[@]}" --protocol=socket --connect-timeout=5 \
        --skip-column-names --batch --execute "$1" 2>&1
}

status() {
    [[ $(ask "SHOW GLOBAL STATUS LIKE '$1'") == "$1"$'\t'"$2" ]]
}

# A server that refuses the account answers all the same.
connect() {
    local answer
    answer=$(ask 'SELECT 1') && return 0
    [[ $answer == *"ERROR 1045 "* ]]
}

innodb_initialized() {
    [[ $(ask "SELECT 1 FROM information_schema.ENGINES WHERE engine = 'innodb' AND support IN ('YES', 'DEFAULT')") == 1 ]]
}

galera_online() { status wsrep_local_state 4; }
galera_ready() { status wsrep_ready ON; }

while (($#)); do
    case $1 in
    --defaults-file) defaults=("--defaults-file=$2") && shift ;;
    --defaults-file=*) defaults=("$1") ;;
    --connect | --innodb_initialized | --galera_online | --galera_ready) questions+=("${1#--}") ;;
    *)
        echo "healthcheck.sh: unknown question $1" >&2
        exit 1
        ;;
    esac
    shift
done

if ((${#questions[@]} == 0)); then
    echo "healthcheck.sh: nothing was asked" >&2
    exit 1
fi
for question in "${questions[@]}"; do
    if ! "$question"; then
        echo "healthcheck.sh: $question failed" >&2
        exit 1
    fi
done
