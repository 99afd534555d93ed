#!/bin/sh
# A fake interpreter that is too old.
echo "gilsim-probe cpython 3 7 3.7.16 0 /usr/bin/python3.7"
