#!/bin/sh
# A fake interpreter that says why and dies.
echo "out of cheese" >&2
kill -SEGV $$
