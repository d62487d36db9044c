// Prints the partition that kafkajs gives each key: partitions.js COUNT FILE
// The file has a JSON list of texts; what is printed is a JSON list of numbers.
const fs = require('fs')
const { Partitioners } = require('kafkajs')

const [count, file] = process.argv.slice(2)
const partitionMetadata = Array.from({ length: Number(count) }, (_, partitionId) => ({
  partitionId,
  leader: 0,
}))
const partitioner = Partitioners.DefaultPartitioner()
const keys = JSON.parse(fs.readFileSync(file, 'utf8'))
const partition = key => partitioner({ topic: 't', partitionMetadata, message: { key } })
console.log(JSON.stringify(keys.map(partition)))
