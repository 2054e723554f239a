// n8n finds the nodes through the "n8n" field of package.json; nothing is exported here.
module.exports = {};
