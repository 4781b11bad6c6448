import { testServerThread } from './real-sockets.js';

testServerThread('ws');
