#!/bin/sh
# A nightly job for cron, Airflow or systemd. Crontab line:
#   15 2 * * *  /srv/rowmill/examples/cron-job.sh /srv/inbox/reviews.csv /srv/outbox/reviews.csv
# It ends with Rowmill's exit code, so whoever started it knows what happened:
#   0 done   1 the job failed   2 bad input   3 cancelled   4 timed out   70 a bug in Rowmill
# When the machine goes down in mid-job, the job goes on with the next rowmill command.
set -u
project=$(cd "$(dirname "$0")/.." && pwd)
# The installed command, or the one that is built in this clone.
command -v rowmill >/dev/null || rowmill() { node "$project/dist/cli/main.js" "$@"; }

source=${1:-$project/examples/reviews.csv}
target=${2:-$project/demo-results/nightly.csv}
mkdir -p "$(dirname "$target")" || exit 2

# Priority 1 is production: it waits for whatever somebody runs at a terminal.
job=$(rowmill infer "$source" --column review --model starter --priority 1 --detach \
  --name "reviews of $(date +%F)" --schema "$project/examples/reviews.schema.json" \
  --system "Classify the sentiment of the review: positive, negative or neutral.") || exit

# Four hours at most; a job that takes longer goes on.
rowmill attach "$job" --timeout "${TIMEOUT_SECONDS:-14400}"
code=$?
if [ $code -ne 0 ]; then
  echo "cron-job: exit code $code; see: rowmill jobs show $job" >&2
  exit $code
fi
rowmill jobs results "$job" --output "$target"
