// Prints COUNT predictions, each once it is committed, of a service with outputs.format: json:
// npm ci first, then node consume.js localhost:9092 COUNT
const { Kafka, logLevel } = require('kafkajs')

const [broker, count] = process.argv.slice(2)
const consumer = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR }).consumer({
  groupId: 'node-readers',
  readUncommitted: false,
})

// Protobuf's JSON leaves out what is 0 or empty.
function line({ model, modelVersion = 0, batchId = '', classes = [], score }) {
  const { correct = 0, meanLoss = 0 } = score ?? {}
  const scored = score ? `${correct} right, loss ${meanLoss.toFixed(3)}` : 'no labels'
  return `${model} v${modelVersion} ${batchId} [${classes.join(', ')}] ${scored}`
}

async function main() {
  await consumer.connect()
  await consumer.subscribe({ topic: 'streamgrad.predictions', fromBeginning: true })
  let left = Number(count)
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.run({
      eachMessage: async ({ message }) => {
        if (left > 0) {
          console.log(line(JSON.parse(message.value)))
        }
        if (--left === 0) {
          resolve()
        }
      },
    }).catch(reject)
  })
  await consumer.disconnect()
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
