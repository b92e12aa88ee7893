/// What one replica needs of its machine.
public struct Resources: Hashable, Sendable {
    /// At least 0, at most a million cores.
    public var cpu: CPUQuantity
    /// At least 0, less than 8 Ei.
    public var memory: MemoryQuantity
    /// Whole GPUs.
    public var gpu: Int

    /// No GPU where none is named.
    public init(cpu: CPUQuantity, memory: MemoryQuantity, gpu: Int = 0) {
        self.cpu = cpu
        self.memory = memory
        self.gpu = gpu
    }
}

/// An amount of processor time, in thousandths of a core.
public struct CPUQuantity: Hashable, Sendable, Comparable {
    /// 1000 are one core.
    public let millicores: Int

    /// Makes an amount that needs no reading; ``init(_:)`` reads one.
    public init(millicores: Int) {
        self.millicores = millicores
    }

    /// The smaller amount comes first.
    public static func < (left: Self, right: Self) -> Bool { left.millicores < right.millicores }
}

extension CPUQuantity: CustomStringConvertible {
    /// Cores with three decimals: `1.500`.
    public var description: String {
        let rest = String(millicores % 1000)
        return "\(millicores / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}

/// An amount of memory, kept as it was written and compared by its bytes: `2Gi` equals `2048Mi`.
public struct MemoryQuantity: Sendable {
    /// At least 0. Sums over replicas and jobs may exceed 64 bits.
    public let bytes: Int
    /// A Kubernetes quantity: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.
    public let text: String

    /// Makes an amount that is known to be what the text says; ``init(_:)`` reads one.
    public init(bytes: Int, text: String) {
        self.bytes = bytes
        self.text = text
    }
}

extension MemoryQuantity: Hashable, Comparable, CustomStringConvertible {
    /// By bytes: `2Gi` equals `2048Mi`.
    public static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    /// By bytes.
    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }

    /// By bytes, as equality.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes)
    }

    /// As it was written.
    public var description: String { text }
}
