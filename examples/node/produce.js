// Sends four batches of two images to each model, as JSON: npm ci first, then
// node produce.js localhost:9092 MODEL...
const { Kafka, Partitioners } = require('kafkajs')

const [broker, ...models] = process.argv.slice(2)
const producer = new Kafka({ brokers: [broker] }).producer({
  idempotent: true,
  maxInFlightRequests: 1,
  createPartitioner: Partitioners.DefaultPartitioner, // the service's models.partitioner: murmur2
})

function batch(number) {
  const pixels = Buffer.from(Array.from({ length: 2 * 28 * 28 }, (_, i) => number * i)) // mod 256
  const labels = Buffer.from([number, 9 - number]) // leave them out to predict only
  return JSON.stringify({
    height: 28,
    width: 28,
    pixels: pixels.toString('base64'),
    labels: labels.toString('base64'),
    batchId: `batch-${number}`,
  })
}

async function main() {
  await producer.connect()
  for (const model of models) {
    const messages = [0, 1, 2, 3].map(number => ({
      key: model,
      value: batch(number),
      headers: { 'content-type': 'application/json' },
    }))
    await producer.send({ topic: 'streamgrad.images', messages })
  }
  await producer.disconnect()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
