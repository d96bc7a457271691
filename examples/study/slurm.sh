#!/bin/sh
# A study on a cluster with SLURM: a Dask scheduler and the workers in one job, the study on its first node.
#   sbatch --ntasks=64 --cpus-per-task=1 --mem-per-cpu=2G --time=02:00:00 examples/study/slurm.sh STUDY.yaml
# ladsim[cluster] is installed in .venv of the folder from which this is submitted, and nodes share that folder. A job
# that runs out of time loses only the replicates under way: submit it again.
set -eu
. .venv/bin/activate
told="$PWD/scheduler-$SLURM_JOB_ID.json"
dask scheduler --scheduler-file "$told" --no-dashboard &
scheduler=$!
workers=
trap 'kill "$scheduler" $workers 2>/dev/null; rm -f "$told"' EXIT
while [ ! -s "$told" ]; do sleep 1; done
srun --ntasks="$((SLURM_NTASKS - 1))" dask worker --scheduler-file "$told" --nthreads 1 --no-dashboard &
workers=$!
address=$(python -c 'import json, sys; print(json.load(open(sys.argv[1]))["address"])' "$told")
python -m ladsim task=study study="$1" executor=dask scheduler="$address"
