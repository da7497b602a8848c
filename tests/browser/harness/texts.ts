/** What a customer finds in the chat, and is told, in one language. */
export interface Texts {
  chat: string;
  messages: string;
  message: string;
  send: string;
  endChat: string;
  endTheChat: string;
  reconnecting: string;
  waiting: string;
  secondInQueue: string;
  chattingWith: (name: string) => string;
  endedBy: (name: string) => string;
  caseMade: RegExp;
}

export const TEXTS = {
  en: {
    chat: "Chat with support",
    messages: "Messages",
    message: "Message",
    send: "Send",
    endChat: "End chat",
    endTheChat: "End the chat?",
    reconnecting: "Reconnecting…",
    waiting: "Waiting for an agent",
    secondInQueue: "You are number 2 in the queue",
    chattingWith: (name) => `You are chatting with ${name}`,
    endedBy: (name) => `${name} has ended the chat.`,
    caseMade: /^We have made a Case for you: 00001001\.$/,
  },
  de: {
    chat: "Chat mit dem Support",
    messages: "Nachrichten",
    message: "Nachricht",
    send: "Senden",
    endChat: "Chat beenden",
    endTheChat: "Chat beenden?",
    reconnecting: "Verbindung wird wiederhergestellt …",
    waiting: "Warten auf eine freie Person im Support",
    secondInQueue: "Sie sind Nummer 2 in der Warteschlange",
    chattingWith: (name) => `Sie chatten mit ${name}`,
    endedBy: (name) => `${name} hat den Chat beendet.`,
    caseMade: /^Wir haben einen Fall für Sie angelegt: 00001001\.$/,
  },
  ar: {
    chat: "الدردشة مع الدعم",
    messages: "الرسائل",
    message: "الرسالة",
    send: "إرسال",
    endChat: "إنهاء الدردشة",
    endTheChat: "هل تريد إنهاء الدردشة؟",
    reconnecting: "جارٍ إعادة الاتصال…",
    waiting: "في انتظار أحد الموظفين",
    secondInQueue: "ترتيبك في قائمة الانتظار: 2",
    chattingWith: (name) => `أنت تتحدث مع ${name}`,
    endedBy: (name) => `أنهى ${name} الدردشة.`,
    caseMade: /00001001/,
  },
} satisfies Record<string, Texts>;

/** A language that the chat speaks. */
export type Language = keyof typeof TEXTS;
