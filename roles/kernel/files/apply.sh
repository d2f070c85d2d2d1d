set -u
# Reads "module NAME" and "sysctl KEY VALUE", changes what differs, prints a line for each change.
failed=0
while read -r kind name wanted; do
  case $kind in
    module)
      [ -d "/sys/module/$(echo "$name" | tr - _)" ] && continue
      echo "module $name loaded"
      [ "$DRY" = true ] || modprobe -- "$name" || failed=1
      ;;
    sysctl)
      if ! found=$(sysctl -n "$name" 2>/dev/null); then
        # A dry run may ask before the module is loaded that brings the setting.
        if [ "$DRY" = true ]; then echo "sysctl $name is not there"; continue; fi
        echo "$name: this kernel has no such setting" >&2
        failed=1
        continue
      fi
      found=$(echo "$found" | tr -s '\t ' ' ')
      [ "$found" = "$wanted" ] && continue
      echo "sysctl $name was $found, is $wanted"
      [ "$DRY" = true ] || sysctl -qw "$name=$wanted" || failed=1
      ;;
  esac
done
exit $failed
