import EventFiles
import Foundation
import TestSupport
import Testing

/// What counts as a point of a curve.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ScalarTests {
    /// A curve as TensorBoard reads it.
    private typealias Curves = [String: [String: [[Point]]]]

    private enum Point: Decodable, Hashable {
        case number(Double)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        init(_ value: Double) {
            self = value.isFinite ? .number(value) : .text("\(value)")
        }
    }

    private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden")

    /// `golden.py` made the files and the expectation.
    @Test(arguments: ["2.15.1", "2.21.0"])
    func `the files of TensorFlow are read as TensorBoard reads them`(version: String) throws {
        let expected = try JSONDecoder().decode(
            Curves.self,
            from: Data(contentsOf: Self.golden.appendingPathComponent("\(version).json"))
        )
        var found: Curves = [:]
        var events = EventFolder(Self.golden.appendingPathComponent(version).path)
        let isWhole = events.readEvents { reading in
            for scalar in reading.scalars {
                let point = [Point(Double(scalar.step)), Point(scalar.wallTime), Point(scalar.value)]
                found[reading.folder, default: [:]][scalar.tag, default: []].append(point)
            }
        }
        #expect(isWhole)
        // TensorBoard by itself can't read the type bfloat16.
        let bfloat = found[""]?.removeValue(forKey: "types/bfloat16")
        #expect(bfloat?.map { $0[2] } == [.number(0)] + [Point](repeating: .number(-1), count: 5))
        #expect(found == expected)
    }

    /// A tensor of type float: `DT_FLOAT`, and a value in one of the forms.
    private static let one = EventBytes.bytes(Float(1).bitPattern)
    private static let type = EventBytes.key(1, 0) + [1]

    private static func shape(_ sizes: [UInt8]) -> [UInt8] {
        EventBytes.field(2, sizes.flatMap { EventBytes.field(2, [8, $0]) })
    }

    @Test(
        arguments: [
            (type + shape([]) + EventBytes.field(5, one), "loss@7=1.0"),
            (type + EventBytes.field(4, one), "loss@7=1.0"),
            (type + EventBytes.key(5, 5) + one, "loss@7=1.0"), (type, "loss@7=0.0"),
            (type + shape([1, 1]) + EventBytes.field(5, one), "loss@7=1.0"),
            (type + shape([2]) + EventBytes.field(5, one + one), nil), (type + shape([0]), nil),
            (EventBytes.key(1, 0) + [7] + EventBytes.field(8, Array("a word".utf8)), nil),
            (
                EventBytes.key(1, 0) + [3] + EventBytes.key(7, 0) + EventBytes.varint(UInt64(bitPattern: -5)),
                "loss@7=-5.0"
            ),
            (EventBytes.key(1, 0) + [19] + EventBytes.key(13, 0) + EventBytes.varint(0xc000), "loss@7=-2.0"),
            (EventBytes.key(1, 0) + [19] + EventBytes.field(13, EventBytes.varint(1)), "loss@7=5.960464477539063e-08"),
            (EventBytes.key(1, 0) + [19] + EventBytes.field(13, EventBytes.varint(0x7c00)), "loss@7=inf"),
        ] as [([UInt8], String?)]
    )
    func `a tensor with one number is a point`(tensor: [UInt8], point: String?) throws {
        let scene = try EventScene()
        try scene.append(EventBytes.record(EventBytes.tensor("loss", tensor, step: 7)))
        var events = EventFolder(scene.folder.url.path)
        #expect(EventScene.scalars(&events) == [point].compactMap(\.self))
    }

    @Test
    func `only the first value of a tag says that it is a curve, for each folder`() throws {
        let scene = try EventScene()
        let tensor = Self.type + EventBytes.field(5, Self.one)
        for (plugin, step) in [("scalars", 1), (nil, 2)] as [(String?, Int64)] {
            try scene.append(EventBytes.record(EventBytes.tensor("loss", tensor, plugin: plugin, step: step)))
        }
        try scene.append(EventBytes.record(EventBytes.tensor("other", tensor, plugin: "histograms", step: 3)))
        try scene.append(
            EventBytes.record(EventBytes.tensor("loss", tensor, plugin: nil, step: 4)),
            to: "train/a.tfevents"
        )
        var events = EventFolder(scene.folder.url.path)
        #expect(EventScene.scalars(&events) == ["loss@1=1.0", "loss@2=1.0"])
    }

    @Test
    func `messages that no writer makes are passed over`() throws {
        let scene = try EventScene()
        // Tags that are no UTF-8, fields that are longer than the message, endless numbers, groups, deep nesting.
        let deep = (0..<100_000).reduce([UInt8]()) { inner, _ in
            inner.count > 1_000_000 ? inner : EventBytes.field(5, inner)
        }
        let hostile: [[UInt8]] = [
            EventBytes.event(1, EventBytes.field(1, [0xff]) + EventBytes.key(2, 5) + Self.one),
            EventBytes.key(5, 2) + EventBytes.varint(1 << 62), [UInt8](repeating: 0xff, count: 50), [0x0b, 0x0c], deep,
            EventBytes.event(1, EventBytes.field(8, deep)), [],
        ]
        for message in hostile {
            try scene.append(EventBytes.record(message))
        }
        try scene.append(EventBytes.record(EventBytes.simple("loss", 1, step: -1)))
        var events = EventFolder(scene.folder.url.path)
        #expect(EventScene.scalars(&events) == ["loss@-1=1.0"])
    }

    @Test
    func `a million tags and long tags are bounded`() throws {
        let scene = try EventScene()
        var limits = EventFolder.Limits()
        limits.tags = 100
        let tensor = Self.type + EventBytes.field(5, Self.one)
        var bytes: [UInt8] = []
        for number in 0..<1000 {
            bytes += EventBytes.record(EventBytes.tensor("tag \(number)", tensor, step: 1))
        }
        bytes += EventBytes.record(EventBytes.simple(String(repeating: "x", count: 2000), 1, step: 1))
        try scene.append(bytes)
        var events = EventFolder(scene.folder.url.path, limits: limits)
        #expect(EventScene.scalars(&events).count == 100)
    }
}
