// Reads the .env files named on standard input, divided by NUL, with npm's
// dotenv and with node's own reader, and prints what they see as JSON, a line a
// file.
const fs = require('fs')
const path = require('path')
const util = require('util')
const dotenv = require(path.join(process.argv[2], 'node_modules', 'dotenv'))

for (const file of fs.readFileSync(0, 'utf8').split('\0')) {
  const text = fs.readFileSync(file, 'utf8')
  // Node has a reader of its own from 20.12 on.
  console.log(JSON.stringify({ dotenv: dotenv.parse(text), node: util.parseEnv ? util.parseEnv(text) : null }))
}
