# The set-up that examples/quickstart/run and Tests/run share; sourced by them, from the project's top level.

bold='' plain=''
if [ -t 1 ] && [ -t 2 ] && [ -z "${NO_COLOR-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; fi

step() { printf '\n%s==> %s%s\n' "$bold" "$*" "$plain" >&2; }

# Installs the Debian packages that the build and the quickstart need and that are missing.
install_system_libraries() {
    install_packages git libgit2-dev libsqlite3-dev pkg-config python3 python3-venv curl
}

# Installs what the tests need beside that: servers, which they run for themselves. Debian's own services of these are neither
# started nor enabled.
install_test_servers() {
    local packages=(openssl openssh-client gnupg gpgv openssh-server nginx-light fcgiwrap tinyproxy-bin microsocks prometheus)
    [ -n "$(missing_packages "${packages[@]}")" ] || return 0
    local policy=/usr/sbin/policy-rc.d service idle=()
    for service in nginx ssh fcgiwrap fcgiwrap.socket microsocks prometheus; do
        systemctl is-enabled --quiet "$service" 2>/dev/null || idle+=("$service")
    done
    (
        if [ ! -e "$policy" ]; then
            # 101 is "do not": https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
            trap 'as_root rm -f "$policy"' EXIT
            as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
        fi
        install_packages "${packages[@]}"
    )
    [ ! -d /run/systemd/system ] || as_root systemctl disable --quiet "${idle[@]}" 2>/dev/null || true
}

missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    step "Installing ${missing[*]}"
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "These packages are missing: ${missing[*]}. Install them with apt-get as root, then run this again." >&2
        return 1
    fi
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "${missing[@]}" >&2
}

# A toolchain is the user's own choice: it is only looked for.
check_swift() {
    local version
    if ! version=$(swift --version 2>/dev/null | grep --only-matching --perl-regexp 'Swift version \K[0-9]+\.[0-9]+'); then
        echo "Swift 6.3 or newer is needed and no swift is on the PATH. https://www.swift.org/install/linux/ says how to get it." >&2
        return 1
    fi
    if [ "$(printf '%s\n' 6.3 "$version" | sort --version-sort | head -n 1)" != 6.3 ]; then
        echo "Swift 6.3 or newer is needed; this is $version. https://www.swift.org/install/linux/ says how to get it." >&2
        return 1
    fi
}

# Builds the project (debug, shared by both commands) and shows how far it is. Arguments go to swift build.
build_project() {
    step "Building (the first build takes some minutes, mostly for the dependencies)"
    local log=.build-log.txt start=$SECONDS status=0
    swift build "$@" >"$log" 2>&1 &
    local build=$!
    while kill -0 "$build" 2>/dev/null; do
        if [ -t 2 ]; then
            printf '\r\033[K%4d s  %.100s' "$((SECONDS - start))" "$(grep -v '^$' "$log" | tail -n 1)" >&2
            sleep 1
        else
            sleep 5
            [ $(((SECONDS - start) % 30)) -ge 5 ] || printf '%4d s  %.100s\n' "$((SECONDS - start))" "$(grep -v '^$' "$log" | tail -n 1)" >&2
        fi
    done
    wait "$build" || status=$?
    [ ! -t 2 ] || printf '\r\033[K' >&2
    if [ "$status" -ne 0 ]; then
        grep --extended-regexp 'error:|warning:' --after-context=4 "$log" >&2 || tail -n 40 "$log" >&2
        echo "The build failed; $log has all of it." >&2
        return "$status"
    fi
    echo "built in $((SECONDS - start)) s" >&2
}

# Builds the service: tfjob-admin, and tfjob-supervisor, which belongs beside it. Arguments go to swift build.
build_service() {
    build_project --product tfjob-admin "$@"
    swift build --product tfjob-supervisor "$@" >>.build-log.txt 2>&1
}

# Makes tfjob-admin a command of the script: the program that $TFJOB_ADMIN names, or a debug build.
prepare_program() {
    if [ -z "${TFJOB_ADMIN-}" ]; then
        install_system_libraries
        check_swift
        build_service
        TFJOB_ADMIN=$PWD/.build/debug/tfjob-admin
    fi
    export TFJOB_ADMIN
}

tfjob-admin() { "$TFJOB_ADMIN" "$@"; }
