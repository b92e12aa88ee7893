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

    /// `4096Mi`: in mebibytes where that leaves no rest, else in kibibytes or bytes.
    public var memoryText: String {
        if memory % (1 << 20) == 0 { return "\(memory >> 20)Mi" }
        return memory % (1 << 10) == 0 ? "\(memory >> 10)Ki" : String(memory)
    }
}

extension Int {
    fileprivate mutating func add(_ count: Int, times size: Int) {
        let (product, overflows) = count.multipliedReportingOverflow(by: size)
        let (sum, overflowsToo) = addingReportingOverflow(product)
        self = overflows || overflowsToo ? .max : sum
    }
}
