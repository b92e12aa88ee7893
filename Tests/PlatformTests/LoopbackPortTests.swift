import Glibc
import Platform
import Testing

@Suite struct LoopbackPortTests {
    /// A server on an address, at a port that the kernel chooses.
    private struct Listener: ~Copyable {
        let descriptor: Int32
        let port: UInt16

        init(on address: UInt32) {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_addr.s_addr = address.bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = descriptor
            unsafe withUnsafeMutablePointer(to: &name) { name in
                unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                    _ = unsafe bind(descriptor, name, size)
                    _ = unsafe getsockname(descriptor, name, &size)
                }
            }
            listen(descriptor, 1)
            port = UInt16(bigEndian: name.sin_port)
        }

        deinit {
            close(descriptor)
        }
    }

    @Test(arguments: [INADDR_LOOPBACK, INADDR_ANY])
    func aPortThatSomebodyListensOnIsTaken(address: UInt32) {
        let listener = Listener(on: address)
        #expect(listener.port != 0)
        #expect(!LoopbackPort.isFree(listener.port))
    }

    @Test func aPortIsFreeAgainAndAskingDoesNotTakeIt() {
        var port: UInt16 = 0
        do {
            let listener = Listener(on: INADDR_LOOPBACK)
            port = listener.port
        }
        #expect(LoopbackPort.isFree(port))
        #expect(LoopbackPort.isFree(port))
    }
}
