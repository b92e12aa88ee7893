/// An event of TensorFlow, without what is neither a step nor a scalar.
///
/// Source: <https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/util/event.proto>.
package struct Event: Sendable {
    /// Seconds since 1970, as the script's clock had it.
    package private(set) var wallTime = 0.0
    /// The step that the script named; 0 without one.
    package private(set) var step: Int64 = 0
    /// Whether the event only says which version of the format the file has.
    package private(set) var isVersion = false
    /// The values in the order of the file.
    package private(set) var values: [SummaryValue] = []

    /// Reads an event.
    ///
    /// - Throws: ``MalformedMessage``.
    init(_ message: ArraySlice<UInt8>) throws(MalformedMessage) {
        var reader = WireReader(message)
        while let (number, value) = try reader.nextField() {
            switch (number, value) {
            case (1, .fixed64(let bits)): wallTime = Double(bitPattern: bits)
            case (2, .varint(let bits)): step = Int64(bitPattern: bits)
            case (3, .bytes): isVersion = true
            case (5, .bytes(let summary)): try readSummary(summary)
            default: break
            }
        }
    }

    private mutating func readSummary(_ message: ArraySlice<UInt8>) throws(MalformedMessage) {
        var reader = WireReader(message)
        while let (number, value) = try reader.nextField() {
            if number == 1 {
                values.append(try SummaryValue(value.message))
            }
        }
    }
}

/// A value of an event, under its tag.
///
/// Source: <https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/framework/summary.proto>.
package struct SummaryValue: Sendable {
    /// The name of the curve.
    package private(set) var tag = ""
    /// The plugin of TensorBoard that shows the tag; `scalars` for curves. Nil: the value does not say it. Only the first
    /// value of a tag does.
    private(set) var plugin: String?
    /// The number, if it is one.
    package private(set) var number: Double?
    /// Whether the value has the form that is always a scalar, that of TensorFlow 1 and of PyTorch.
    private(set) var isSimple = false

    init(_ message: ArraySlice<UInt8>) throws(MalformedMessage) {
        var reader = WireReader(message)
        while let (field, value) = try reader.nextField() {
            switch (field, value) {
            case (1, .bytes): tag = try value.text
            case (2, .fixed32(let bits)): (number, isSimple) = (Double(Float(bitPattern: bits)), true)
            case (8, .bytes(let tensor)): (number, isSimple) = (try ScalarTensor.number(in: tensor), false)
            case (9, .bytes(let metadata)): plugin = try Self.plugin(in: metadata)
            // An image, a histogram, or a sound: the last form counts.
            case (3...6, .bytes): (number, isSimple) = (nil, false)
            default: break
            }
        }
    }

    /// Returns `SummaryMetadata.plugin_data.plugin_name`.
    private static func plugin(in metadata: ArraySlice<UInt8>) throws(MalformedMessage) -> String {
        var reader = WireReader(metadata)
        var name = ""
        while let (number, value) = try reader.nextField() {
            guard number == 1 else { continue }
            var data = WireReader(try value.message)
            while let (number, value) = try data.nextField() {
                if number == 1 { name = try value.text }
            }
        }
        return name
    }
}

/// Tensors with one element.
///
/// Sources: <https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/framework/tensor.proto>, `types.proto`
/// and `tensor_shape.proto` beside it.
enum ScalarTensor {
    /// Returns the element of a tensor of a numeric type. Nil: the tensor has more than one, or another type.
    static func number(in message: ArraySlice<UInt8>) throws(MalformedMessage) -> Double? {
        var type: UInt64 = 0
        var isScalar = true
        var content = message.prefix(0)
        var element: UInt64?
        var reader = WireReader(message)
        while let (number, value) = try reader.nextField() {
            switch (number, value) {
            case (1, .varint(let code)): type = code
            case (2, .bytes(let shape)): isScalar = try hasOneElement(shape)
            case (4, .bytes(let bytes)): content = bytes
            // Packed floats and doubles.
            case (5, .bytes(let list)): element = list.isEmpty ? element : UInt64(UInt32(littleEndian: list))
            case (6, .bytes(let list)): element = list.isEmpty ? element : UInt64(littleEndian: list)
            // half_val, int_val, int64_val, bool_val, uint32_val, uint64_val; floats and doubles that are not packed.
            case (5, _), (6, _), (7, _), (10, _), (11, _), (13, _), (16, _), (17, _):
                element = try value.firstNumber ?? element
            default: break
            }
        }
        guard isScalar else { return nil }
        // An element that is left out is 0.
        return decode(content.isEmpty ? element ?? 0 : UInt64(littleEndian: content), type)
    }

    private static func hasOneElement(_ shape: ArraySlice<UInt8>) throws(MalformedMessage) -> Bool {
        var reader = WireReader(shape)
        while let (number, value) = try reader.nextField() {
            // unknown_rank, or a dimension, whose size is its first field.
            guard number == 2 else { return false }
            var dimension = WireReader(try value.message)
            var size: UInt64 = 0
            while let (number, value) = try dimension.nextField() {
                if case (1, .varint(let bits)) = (number, value) { size = bits }
            }
            guard size == 1 else { return false }
        }
        return true
    }

    /// Reads the bits of an element by the number of its type.
    private static func decode(_ bits: UInt64, _ type: UInt64) -> Double? {
        switch type {
        case 1: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case 2: Double(bitPattern: bits)
        case 3: Double(Int32(truncatingIfNeeded: bits))
        case 4: Double(UInt8(truncatingIfNeeded: bits))
        case 5: Double(Int16(truncatingIfNeeded: bits))
        case 6: Double(Int8(truncatingIfNeeded: bits))
        case 9: Double(Int64(bitPattern: bits))
        case 10: bits & 0xff == 0 ? 0 : 1
        // bfloat16 is the upper half of a float.
        case 14: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits) << 16))
        case 17: Double(UInt16(truncatingIfNeeded: bits))
        case 19: half(UInt16(truncatingIfNeeded: bits))
        case 22: Double(UInt32(truncatingIfNeeded: bits))
        case 23: Double(bits)
        default: nil
        }
    }

    /// Converts an IEEE 754 half, since not every machine has the type `Float16`.
    private static func half(_ bits: UInt16) -> Double {
        let (exponent, fraction) = (Int(bits >> 10 & 0x1f), Double(bits & 0x3ff))
        let size =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? Double.infinity : .nan
            default: (1 + fraction / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
            }
        return bits >> 15 == 1 ? -size : size
    }
}
