#!/usr/bin/env bash
# Apicurio Registry 3.3.3 with Confluent's serializers for JavaScript 1.10.1: with its API that is compatible with
#   Confluent's, a schema's id can't go into the headers.
#
# Guess: what the compatible API (/apis/ccompat/v7 and v8) serves, all of Confluent's serializers work with, in both of
#   their modes: id before the value, or in the header __value_schema_id.
# Source: https://www.apicur.io/registry/docs/apicurio-registry/3.3.x/ (Confluent Schema Registry API v7 and v8), and
#   https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/ (ids in headers).
# Behaviour: in a header goes a schema's GUID and not its number. The compatible API registers the schema and answers
#   with its number only, also where a version is asked for. So the same serializer works with the number before
#   the value, and in the other mode raises an error for each record, of the client's own making, that names neither
#   the registry nor the setting.
# Seen:
#   v7, id before the value: 00000000017b2261223a317d
#   v7, id in a header: Schema guid is not set
#   v7, fields of a version: id schema schemaType subject version
#   v8, id before the value: 00000000017b2261223a317d
#   v8, id in a header: Schema guid is not set
#   v8, fields of a version: id references schema schemaType subject version
#
# Needs Java 21 or later (its home in JAVA_HOME), Maven and Node 18 or later; downloads 170 MB and starts the registry on
# 127.0.0.1. Ends with 1 if the behaviour is another.
set -euo pipefail
work=$(mktemp -d)
registry=
stop() {
  if [ -n "$registry" ]; then
    kill "$registry" 2> /dev/null || true
    wait "$registry" 2> /dev/null || true
  fi
  rm -rf "$work"
}
trap stop EXIT

self=$(realpath "$0")
cd "$work"
mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack \
  -Dartifact=io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all -DoutputDirectory="$work/app"
"${JAVA_HOME:+$JAVA_HOME/bin/}java" -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port=0 \
  -Dquarkus.management.host=127.0.0.1 -Dquarkus.management.port=0 -jar app/quarkus-run.jar > log 2>&1 &
registry=$!
until grep -qs 'Listening on' log; do
  kill -0 "$registry" || { cat log >&2; exit 1; }
  sleep 0.5
done
url=$(sed -n 's|.*Listening on: \(http://[0-9.:]*[0-9]\).*|\1|p' log)

npm install --silent --no-save --ignore-scripts @confluentinc/schemaregistry@1.10.1
cat > write.mjs <<'JS'
import registry from '@confluentinc/schemaregistry';

const [url] = process.argv.slice(2);
const SCHEMA = JSON.stringify({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { a: { type: 'integer' } },
});
for (const version of ['v7', 'v8']) {
  const base = `${url}/apis/ccompat/${version}`;
  const client = new registry.SchemaRegistryClient({ baseURLs: [base] });
  await client.register('t-value', { schemaType: 'JSON', schema: SCHEMA });
  const modes = {
    'id before the value': registry.PrefixSchemaIdSerializer,
    'id in a header': registry.HeaderSchemaIdSerializer,
  };
  for (const [mode, schemaIdSerializer] of Object.entries(modes)) {
    const serializer = new registry.JsonSerializer(client, registry.SerdeType.VALUE, {
      autoRegisterSchemas: false, useLatestVersion: true, schemaIdSerializer,
    });
    const written = await serializer.serialize('t', { a: 1 }, {}).then(
      (value) => value.toString('hex'), (error) => error.message);
    console.log(`${version}, ${mode}: ${written}`);
  }
  const answer = await fetch(`${base}/subjects/t-value/versions/1`);
  console.log(`${version}, fields of a version: ${Object.keys(await answer.json()).sort().join(' ')}`);
}
JS
node write.mjs "$url" | tee seen
diff <(sed -n 's/^#   \(v[78], .*: .*\)$/\1/p' "$self") seen
echo "as described"
