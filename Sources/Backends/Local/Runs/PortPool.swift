import Platform

/// Hands out loopback ports, none twice while its run lives.
struct PortPool: Sendable {
    private let range: ClosedRange<UInt16>
    private var next: UInt16
    private var taken: Set<UInt16> = []

    /// - Parameters:
    ///   - range: the ports to choose from.
    ///   - first: where to begin, so that two services of one machine seldom try the same.
    init(range: ClosedRange<UInt16>, first: UInt16) {
        self.range = range
        next = range.contains(first) ? first : range.lowerBound
    }

    /// Takes ports that nobody listens on at this moment.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - isFree: asks the machine.
    /// - Returns: nil where the range has not so many.
    mutating func take(_ count: Int, isFree: (UInt16) -> Bool = LoopbackPort.isFree) -> [UInt16]? {
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

    /// Keeps ports of a run that was found alive from being handed out.
    mutating func reserve(_ ports: some Sequence<UInt16>) {
        taken.formUnion(ports)
    }

    /// Gives ports back when their run is over.
    mutating func release(_ ports: some Sequence<UInt16>) {
        taken.subtract(ports)
    }
}
