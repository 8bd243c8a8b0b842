#!/bin/sh
# Draws what compose.yaml reads as secrets, into a folder that only you may enter. What is there already stays as it is.
#
#   sh deploy/secrets.sh [FOLDER]

set -eu
umask 077
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"

draw() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# Containers run under other users' numbers: the folder keeps others out, each file may be read by whom it is given to.
keep() {
	[ -e "$folder/$1" ] || {
		printf '%s\n' "$2" >"$folder/$1.new"
		chmod 444 "$folder/$1.new"
		mv "$folder/$1.new" "$folder/$1"
		echo "made $folder/$1"
	}
}

keep database_password "$(draw)"
keep PONTIC_DATABASE__URL "postgres://pontic:$(cat "$folder/database_password")@database:5432/pontic?sslmode=disable"
keep PONTIC_ADMIN_TOKEN "pnt_$(draw)"
keep PONTIC_NATS__PASSWORD "$(draw)"
keep bus-password.conf "authorization { user: pontic, password: \"$(cat "$folder/PONTIC_NATS__PASSWORD")\" }"
