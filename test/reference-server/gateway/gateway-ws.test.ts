import { testGatewaySettings } from './gateway-settings-suite.js';
import { testGateway } from './gateway-suite.js';

testGateway('ws');
testGatewaySettings('ws');
