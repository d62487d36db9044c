// Sends grey images of 28 x 28 pixels, one byte each, of a class: npm ci first, then
// node produce_pixels.js localhost:9092 MODEL CLASS FILE...
const { readFileSync } = require('fs')
const { Kafka, Partitioners } = require('kafkajs')

const [broker, model, label, ...files] = process.argv.slice(2)
const producer = new Kafka({ brokers: [broker] }).producer({
  idempotent: true,
  maxInFlightRequests: 1,
  createPartitioner: Partitioners.DefaultPartitioner, // the service's models.partitioner: murmur2
})

async function main() {
  await producer.connect()
  const messages = files.map(file => ({
    key: model,
    value: readFileSync(file),
    headers: {
      'content-type': 'application/octet-stream',
      'streamgrad.height': '28',
      'streamgrad.width': '28',
      'streamgrad.labels': label, // leave it out to predict only
      'streamgrad.batch-id': file,
    },
  }))
  await producer.send({ topic: 'streamgrad.images', messages })
  await producer.disconnect()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
