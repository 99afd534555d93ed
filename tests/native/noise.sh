#!/bin/sh
# A fake interpreter that prints something else than what it was asked for.
echo "welcome to this shell"
