// Prints a batch as Confluent's serializer for JavaScript writes it: name, headers, value in
// hexadecimal; with the schema's id before the message, and in the headers.
//
//   node confluent.mjs DESCRIPTORS URL
//
// Ids in headers need a registry that gives each schema a GUID. Apicurio's gives none, so that they
// are asked of the client's own, which is in memory.

import { createFileRegistry, createMutableRegistry, create, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import registry from '@confluentinc/schemaregistry';
import { readFileSync } from 'node:fs';

const [descriptors, url] = process.argv.slice(2);
const files = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const images = files.getMessage('streamgrad.v1.ImageBatch');
const labels = files.getMessage('streamgrad.v1.LabelBatch');
const messages = {
  images: create(images, {
    height: 2,
    width: 2,
    pixels: Uint8Array.of(1, 2, 3, 4),
    labels: Uint8Array.of(1),
  }),
  labels: create(labels, { batchId: 'b', labels: Uint8Array.of(1) }),
};

async function print(mode, asked, settings) {
  const serializer = new registry.ProtobufSerializer(
    registry.SchemaRegistryClient.newClient({ baseURLs: [asked] }),
    registry.SerdeType.VALUE,
    { autoRegisterSchemas: true, registry: createMutableRegistry(images, labels), ...settings },
  );
  for (const [name, message] of Object.entries(messages)) {
    const headers = {};
    const value = await serializer.serialize(`${mode}-${name}`, message, headers);
    const written = Object.entries(headers).map(
      ([key, bytes]) => `${key}=${Buffer.from(bytes).toString('hex')}`,
    );
    console.log([name, written.join(' '), value.toString('hex')].join(','));
  }
}

await print('prefix', url, {});
await print('header', 'mock://', { schemaIdSerializer: registry.HeaderSchemaIdSerializer });
