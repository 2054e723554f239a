export * from './answer';
export * from './confirm';
export * from './feedback';
export * from './layout';
export * from './preferences';
export * from './problems';
export * from './unsubscribe';
export * from './view';
export { pageLanguages, type PageWords, pageWordsFor } from './words';
