#!/bin/sh
# Goes through the vectors with openssl, and says whether each verifies as it should. Needs sh, openssl, od, tr and sed.
# The plain and the timestamped form are checked; vectors of Standard Webhooks are passed over.
cd "$(dirname "$0")" || exit 2
secret='{{SECRET}}'
name='{{HEADER}}'
now=$(cat vectors/now.txt)
bad=0

# The value of a header.
header() { sed -n "s/^$2: //p" "$1/headers.txt"; }

# HMAC-SHA256 of standard input, as hex digits.
mac() { openssl dgst -sha256 -mac HMAC -macopt "key:$secret" -binary | od -An -v -tx1 | tr -d ' \n'; }

# A candidate as hex digits: it may be hex, base64 or base64url, after sha256= or not.
as_hex() {
    code=$(printf %s "$1" | sed 's/^ *//; s/ *$//; s/^[Ss][Hh][Aa]256=//')
    case $code in
        *[!0-9A-Fa-f]*) ;;
        *) [ ${#code} -eq 64 ] && printf %s "$code" | tr 'A-F' 'a-f'; return ;;
    esac
    code=$(printf %s "$code" | tr -- '-_' '+/' | tr -d '=')
    while [ $((${#code} % 4)) -ne 0 ]; do code="$code="; done
    printf %s "$code" | openssl base64 -d -A 2>/dev/null | od -An -v -tx1 | tr -d ' \n'
}

verifies() {
    given=$(header "$1" "$name")
    time=$(header "$1" '{{TIMESTAMP}}')
    [ -n "$given" ] || return 1
    if [ -n "$time" ]; then
        skew=$((time - now))
        [ "$skew" -le 300 ] && [ "$skew" -ge -300 ] || return 1
        wanted=$({ printf '%s.' "$time"; cat "$1/body.json"; } | mac)
    else
        wanted=$(mac < "$1/body.json")
    fi
    old=$IFS
    IFS=,
    for candidate in $given; do
        IFS=$old
        [ "$(as_hex "$candidate")" = "$wanted" ] && return 0
    done
    IFS=$old
    return 1
}

for vector in vectors/*/; do
    vector=${vector%/}
    [ -n "$(header "$vector" webhook-id)" ] && continue
    if verifies "$vector"; then found=true; else found=false; fi
    if [ "$found" = "$(cat "$vector/expected.txt")" ]; then
        echo "ok    ${vector#vectors/}: $found"
    else
        echo "WRONG ${vector#vectors/}: $found"
        bad=1
    fi
done
exit $bad
