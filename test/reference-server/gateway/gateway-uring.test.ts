import { testGatewaySettings } from './gateway-settings-suite.js';
import { testGateway } from './gateway-suite.js';

testGateway('uring');
testGatewaySettings('uring');
