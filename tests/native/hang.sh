#!/bin/sh
# A fake interpreter that never answers.
exec sleep 600
