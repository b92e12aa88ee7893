import Foundation
import Glibc
import Synchronization

/// Stands before a server of this machine and spoils what it answers.
package final class FaultProxy: Sendable {
    /// What becomes of the bytes that the server sends, counted from when the fault was set and over all connections.
    package enum Fault: Sendable, Equatable {
        case none
        /// From this byte on nothing comes any more, and the connection stays open.
        case stall(after: Int)
        /// From this byte on every connection is closed.
        case cut(after: Int)
        /// This byte comes with its bits turned over.
        case flip(at: Int)
        /// Each piece comes this much later.
        case delay(Duration)
    }

    /// Where to connect to.
    package let port: UInt16
    private let listener: Int32
    private let state: State

    /// What all connections share.
    private final class State: Sendable {
        struct Values {
            var fault = Fault.none
            var passed = 0
        }

        let values = Mutex(Values())
    }

    /// Listens until there is nobody any more who holds this.
    ///
    /// - Parameters:
    ///   - target: the port of the server.
    ///   - own: where to listen. Default: a free port.
    package init(to target: UInt16, at own: UInt16 = 0) throws {
        listener = try Loopback.listen(port: own)
        port = Loopback.port(of: listener)
        state = State()
        Thread.detachNewThread { [listener, state] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { break }
                guard let server = Loopback.connect(port: target) else {
                    close(client)
                    continue
                }
                Self.start(Connection(client: client, server: server), state)
            }
            close(listener)
        }
    }

    deinit {
        // Wakes the thread that accepts.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Sets what goes wrong from now on.
    package func set(_ fault: Fault) {
        state.values.withLock { $0 = State.Values(fault: fault) }
    }

    /// How many bytes the server has sent since the fault was set.
    package var passed: Int { state.values.withLock { $0.passed } }

    /// Both ends of one connection, closed when nobody uses them any more.
    private final class Connection: Sendable {
        let client: Int32
        let server: Int32

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        func end() {
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }

        deinit {
            close(client)
            close(server)
        }
    }

    private static func start(_ connection: Connection, _ state: State) {
        Thread.detachNewThread {
            while let bytes = receive(connection.client), send(bytes, to: connection.server) {}
            connection.end()
        }
        Thread.detachNewThread {
            while let bytes = receive(connection.server) {
                guard pass(bytes, to: connection.client, state) else {
                    // Stalled: the other thread keeps the connection open until the client goes.
                    if case .stall = state.values.withLock({ $0.fault }) { return }
                    break
                }
            }
            connection.end()
        }
    }

    /// Hands on what the fault lets through.
    ///
    /// - Returns: whether more may follow.
    private static func pass(_ bytes: [UInt8], to client: Int32, _ state: State) -> Bool {
        let (fault, start) = state.values.withLock { values in
            defer { values.passed += bytes.count }
            return (values.fault, values.passed)
        }
        switch fault {
        case .none:
            return send(bytes, to: client)
        case .stall(let limit), .cut(let limit):
            let rest = Array(bytes.prefix(max(0, limit - start)))
            return send(rest, to: client) && rest.count == bytes.count
        case .flip(let index):
            var bytes = bytes
            if bytes.indices.contains(index - start) {
                bytes[index - start] ^= 0xFF
            }
            return send(bytes, to: client)
        case .delay(let time):
            Thread.sleep(forTimeInterval: Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds))
            return send(bytes, to: client)
        }
    }

    private static func receive(_ descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { buffer in
                unsafe Glibc.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
