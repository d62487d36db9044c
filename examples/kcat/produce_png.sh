#!/bin/sh
# Sends PNG images of a class: produce_png.sh localhost:9092 MODEL CLASS FILE...
broker=$1 model=$2 label=$3
shift 3
# murmur2_random: the service's models.partitioner. Each file is a record.
exec kcat -P -b "$broker" -t streamgrad.images -k "$model" \
  -X enable.idempotence=true -X topic.partitioner=murmur2_random \
  -H content-type=image/png -H "streamgrad.labels=$label" "$@"
