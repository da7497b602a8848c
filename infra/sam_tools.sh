# To be sourced, with TOOLS: puts Python's tools into virtual environments.

# The environment $1 has the packages that follow.
install() {
    [ -x "$1/bin/pip" ] || python3 -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check "${@:2}"
}

install_sam() {
    install "$TOOLS" aws-sam-cli==1.170.0 cfn-lint==1.58.0
}
