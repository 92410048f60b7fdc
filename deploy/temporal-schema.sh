#!/bin/sh
# Creates Temporal's two databases and brings their tables up to date. Safe to run again.
# SQL_PASSWORD is read by temporal-sql-tool itself.
set -eu

schema=/etc/temporal/schema/postgresql/v12

tool() {
    temporal-sql-tool --plugin postgres12 --endpoint postgres --port 5432 --user tenuto "$@"
}

prepare() {
    database=$1 folder=$2
    tool --database "$database" create
    # Only the tables that tell the version; what is there already stays as it is.
    tool --database "$database" setup-schema --version 0.0
    tool --database "$database" update-schema --schema-dir "$schema/$folder/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
