#!/bin/sh
# A fake interpreter that never stops talking.
exec yes nonsense
