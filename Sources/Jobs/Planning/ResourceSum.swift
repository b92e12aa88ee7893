/// What the replicas of several jobs need together. Saturates instead of overflowing.
public struct ResourceSum: Hashable, Sendable {
    /// In thousandths of a core.
    public private(set) var millicores = 0
    /// In bytes.
    public private(set) var memory = 0
    /// Whole GPUs.
    public private(set) var gpus = 0

    /// Nothing yet.
    public init() {}

    /// Adds what a run of a job needs; a suspended job needs nothing.
    public mutating func add(_ job: Job) {
        guard !job.effectiveRunPolicy.isSuspended else { return }
        for group in job.replicas {
            millicores.add(group.count, times: group.resource.cpu.millicores)
            memory.add(group.count, times: group.resource.memory.bytes)
            gpus.add(group.count, times: group.resource.gpu)
        }
    }
}

extension ResourceSum: Encodable {
    private enum Key: String, CodingKey {
        case cpu, memory, gpu
    }

    /// As in a job file: cores with three decimals, memory with the largest unit that leaves no rest, each a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(cpuText, forKey: .cpu)
        try container.encode(memoryText, forKey: .memory)
        try container.encode(String(gpus), forKey: .gpu)
    }

    /// `2.500`, in cores.
    public var cpuText: String { CPUQuantity(millicores: millicores).description }

    /// `900Gi` or `64M`, as people write it: with the unit that leaves no rest and the smallest number. Never rounded.
    public var memoryText: String {
        let binary = Self.scaled(memory, by: 1024, ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
        let decimal = Self.scaled(memory, by: 1000, ["", "k", "M", "G", "T", "P", "E"])
        let (number, unit) = decimal.number < binary.number ? decimal : binary
        return "\(number)\(unit)"
    }

    /// Divides a number by a base as often as that leaves no rest.
    private static func scaled(_ number: Int, by base: Int, _ units: [String]) -> (number: Int, unit: String) {
        var (number, unit) = (number, 0)
        while number > 0, number % base == 0, unit < units.count - 1 {
            number /= base
            unit += 1
        }
        return (number, units[unit])
    }
}

extension Int {
    fileprivate mutating func add(_ count: Int, times size: Int) {
        let (product, overflows) = count.multipliedReportingOverflow(by: size)
        let (sum, overflowsToo) = addingReportingOverflow(product)
        self = overflows || overflowsToo ? .max : sum
    }
}
