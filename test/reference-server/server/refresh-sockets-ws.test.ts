import { testRefreshSockets } from './refresh-sockets.js';

testRefreshSockets('ws');
