#!/bin/sh
# Creates the namespace and the search attributes that starts name. Safe to run again.
# The CLI takes TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE from the environment.
set -eu

retry() {
    for try in 1 2 3 4 5 6 7 8 9 10; do
        "$@" && return
        echo "try $try: not yet" >&2
        sleep 3
    done
    return 1
}

attribute() {
    # A new namespace reaches all of the server within some seconds.
    retry temporal operator search-attribute create --name "$1" --type "$2"
}

retry temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d

attribute SequenceId Keyword
attribute SequenceVersion Int
attribute ContactId Keyword
attribute EnrollmentStatus Keyword
