#!/bin/sh
# Chromium ($CHROMIUM) for the tests, with the switches that Playwright gives it but for one: of two lists of features to switch
# off Chromium takes the last, and Playwright's own must not be lost.
# What the address bar suggests are pages, two more for every window: without them a new one takes 0.4 s of CPU instead of 1.3.
for switch; do
  shift
  case $switch in --disable-features=*) switch="$switch,WebUIOmniboxPopup,WebUIOmniboxAimPopup" ;; esac
  set -- "$@" "$switch"
done
exec "$CHROMIUM" "$@"
