import CLibGit2
import Crypto
import Formats

/// The name of an object: the SHA-1 of its content, 20 bytes.
public struct ObjectID: Hashable, Sendable {
    let high: UInt64
    let middle: UInt64
    let low: UInt32

    /// The number of bytes.
    static let size = 20

    /// Reads the ``size`` bytes that begin at an index.
    init(_ bytes: [UInt8], at start: Int = 0) {
        // Plain loops, since a walk through history reads millions of ids.
        var (high, middle, low) = (UInt64(0), UInt64(0), UInt32(0))
        for index in start..<(start + 8) {
            high = high << 8 | UInt64(bytes[index])
            middle = middle << 8 | UInt64(bytes[index + 8])
        }
        for index in (start + 16)..<(start + Self.size) {
            low = low << 8 | UInt32(bytes[index])
        }
        (self.high, self.middle, self.low) = (high, middle, low)
    }

    /// - Parameters:
    ///   - high: the first 8 bytes.
    ///   - middle: the next 8.
    ///   - low: the last 4.
    init(high: UInt64, middle: UInt64, low: UInt32) {
        (self.high, self.middle, self.low) = (high, middle, low)
    }

    /// The bytes, first to last.
    var bytes: [UInt8] { (0..<Self.size).map(byte) }

    /// The byte at an index.
    func byte(_ index: Int) -> UInt8 {
        switch index {
        case 0..<8: UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * index))
        case 8..<16: UInt8(truncatingIfNeeded: middle >> UInt64(120 - 8 * index))
        default: UInt8(truncatingIfNeeded: low >> UInt32(152 - 8 * index))
        }
    }
}

extension ObjectID {
    /// The id is a hash already, so a part of it is enough.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(high)
    }
}

extension ObjectID: Comparable {
    /// By the bytes, as in git.
    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.high, left.middle, left.low) < (right.high, right.middle, right.low)
    }
}

extension ObjectID: LosslessStringConvertible {
    /// Reads 40 hexadecimal digits, lower or upper case.
    public init?(_ description: String) {
        self.init(digits: Array(description.utf8)[...])
    }

    /// Reads 40 hexadecimal digits, lower or upper case.
    init?(digits: ArraySlice<UInt8>) {
        guard digits.count == 2 * Self.size else { return nil }
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for (index, digit) in digits.enumerated() {
            guard let value = digit.hexadecimalValue else { return nil }
            switch index {
            case 0..<16: words.0 = words.0 << 4 | UInt64(value)
            case 16..<32: words.1 = words.1 << 4 | UInt64(value)
            default: words.2 = words.2 << 4 | UInt64(value)
            }
        }
        self.init(high: words.0, middle: words.1, low: UInt32(words.2))
    }

    /// 40 lower-case hexadecimal digits.
    public var description: String { bytes.hexadecimal }
}

extension ObjectID: Codable {
    /// Reads 40 hexadecimal digits.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = ObjectID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 40 hexadecimal digits")
        }
        self = id
    }

    /// Writes 40 hexadecimal digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension ObjectID {
    /// The kind of an object.
    enum Kind: String {
        case blob, tree, commit
    }

    /// Computes the id of an object from its content:
    /// <https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_object_storage>.
    ///
    /// This detects damage. Git itself detects hash collisions when it receives a push.
    init(_ kind: Kind, _ bytes: some Collection<UInt8>) {
        var hash = Insecure.SHA1()
        hash.update(data: Array("\(kind.rawValue) \(bytes.count)\0".utf8))
        let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { bytes in
            unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
        }
        if isContiguous == nil {
            hash.update(data: Array(bytes))
        }
        self.init(Array(hash.finalize()))
    }

    /// Checks that the hash of an object's bytes is this id.
    ///
    /// - Parameter path: the object's path in the tree, for the error; nil for a commit.
    func check(_ kind: Kind, _ bytes: some Collection<UInt8>, at path: String?) throws(GitError) {
        guard ObjectID(kind, bytes) == self else { throw .otherContent(self, path: path) }
    }
}

extension ObjectID {
    init(_ oid: git_oid) {
        self = unsafe withUnsafeBytes(of: oid.id) { bytes in
            unsafe ObjectID(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                middle: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                low: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
            )
        }
    }

    /// The id as a value of libgit2.
    var raw: git_oid {
        var oid = git_oid()
        unsafe withUnsafeMutableBytes(of: &oid.id) { target in
            unsafe target.storeBytes(of: high.bigEndian, as: UInt64.self)
            unsafe target.storeBytes(of: middle.bigEndian, toByteOffset: 8, as: UInt64.self)
            unsafe target.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt32.self)
        }
        return oid
    }
}
