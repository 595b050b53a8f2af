#!/usr/bin/env bash
# Unpacks Mesa's software Vulkan driver, lavapipe, out of bookworm-backports into .cache/lavapipe, so that WebGPU tests
# have an adapter with shader-f16. The system's own packages stay as they are: bookworm's Mesa is too old for Dawn.
# Needs apt on a Debian bookworm, and LLVM 15 and the xcb libraries, which the package mesa-vulkan-drivers brings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version="25.0.7-2~bpo12+1"
target="$PWD/.cache/lavapipe"
manifest="$target/lvp.json"
[[ -f "$manifest" && "$(cat "$target/version" 2>/dev/null)" == "$version" ]] && exit 0

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
# The archive, or the mirror of it, that this system takes its packages from.
archive="$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" | grep -v security | head -n 1 || true)"
if [[ -z "$archive" ]]; then
  printf '%s\n' "apt knows no Debian archive" "  where: apt-get indextargets" \
    "  next: give apt a source of bookworm, and run apt-get update" >&2
  exit 1
fi
echo "deb $archive bookworm-backports main" >"$work/backports.list"
options=(-qq -o Acquire::Retries=3 -o "Dir::Etc::sourcelist=$work/backports.list" -o Dir::Etc::sourceparts=-
  -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User="$(id -un)")
apt-get "${options[@]}" update
(cd "$work" && apt-get "${options[@]}" download "mesa-vulkan-drivers=$version")

rm -rf "$target"
mkdir -p "$target"
dpkg -x "$work"/mesa-vulkan-drivers_*.deb "$target"
library="$(find "$target" -name libvulkan_lvp.so)"
printf '{"file_format_version":"1.0.0","ICD":{"api_version":"1.4.305","library_path":"%s"}}\n' "$library" >"$manifest"
echo "$version" >"$target/version"
if missing="$(ldd "$library" | grep "not found")"; then
  printf '%s\n' "lavapipe lacks libraries of this system:" "$missing" \
    "  where: $library" "  next: apt-get install --no-install-recommends mesa-vulkan-drivers" >&2
  exit 1
fi
