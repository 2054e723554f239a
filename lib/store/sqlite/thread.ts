/** The store's thread, where it does nothing but the store's work. */
import { serveStore } from '../serve';

serveStore();
