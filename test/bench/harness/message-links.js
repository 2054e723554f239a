/** Where Message Webhook Trigger would listen, and links of it for those who sign none: they are in the text of the mail all the same. */
const messageAddress = 'https://n8n.tea.example/webhook/messages';
const links = { unsubscribePageUrl: messageAddress, answerPageUrl: messageAddress, preferencesUrl: messageAddress };

module.exports = { messageAddress, links };
