import Platform

/// Assigns loopback ports to runs. A port is used by one live run at a time.
struct PortPool: Sendable {
    private let range: ClosedRange<UInt16>
    private var next: UInt16
    private var taken: Set<UInt16> = []

    /// - Parameters:
    ///   - range: the ports to choose from.
    ///   - first: the port to try first. A random one keeps two services on one machine from trying the same ports.
    init(range: ClosedRange<UInt16>, first: UInt16) {
        self.range = range
        next = range.contains(first) ? first : range.lowerBound
    }

    /// Takes ports on which no program listens at this moment.
    ///
    /// - Parameters:
    ///   - count: the number of ports.
    ///   - isFree: whether no program listens on a port.
    /// - Returns: nil if the range has too few free ports.
    mutating func takePorts(_ count: Int, isFree: (UInt16) -> Bool = LoopbackPort.isFree) -> [UInt16]? {
        var found: [UInt16] = []
        for _ in range {
            guard found.count < count else { break }
            let port = next
            next = port == range.upperBound ? range.lowerBound : port + 1
            if !taken.contains(port), isFree(port) {
                found.append(port)
            }
        }
        guard found.count == count else { return nil }
        taken.formUnion(found)
        return found
    }

    /// Marks the ports of a recovered live run as taken.
    mutating func reservePorts(_ ports: some Sequence<UInt16>) {
        taken.formUnion(ports)
    }

    /// Returns the ports of an ended run to the pool.
    mutating func releasePorts(_ ports: some Sequence<UInt16>) {
        taken.subtract(ports)
    }
}
