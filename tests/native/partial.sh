#!/bin/sh
# A fake interpreter that measures one cost and fails.
echo '{"name": "spin.c", "batches": [1.0, 1.1, 1.2]}'
exit 1
