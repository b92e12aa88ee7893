import EventFiles
import Foundation
import TestSupport
import Testing

/// Files that grow, end in the middle, or are damaged.
@Suite(.timeLimit(.minutes(hangLimit)))
struct RecordTests {
    /// From <https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4>, and the check value of the catalogue of CRCs.
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa), ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0..<32), 0x46dd_794e), (Array((0..<32).reversed()), 0x113f_db5c),
            (Array("123456789".utf8), 0xe306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)]
    )
    func `checksums are those of CRC-32C`(bytes: [UInt8], crc: UInt32) {
        #expect(Checksum.plain(of: bytes[...]) == crc)
        #expect(Checksum.plain(of: ([1, 2, 3] + bytes)[3...]) == crc)
    }

    @Test
    func `a file that grows byte by byte gives each event once, as soon as it is whole`() throws {
        let scene = try EventScene()
        let records = (0..<3).map { EventBytes.record(EventBytes.simple("loss", Float($0), step: $0)) }
        var (events, found): (EventFolder, [String]) = (EventFolder(scene.folder.url.path), [])
        for (index, record) in records.enumerated() {
            for byte in record.dropLast() {
                try scene.append([byte])
                #expect(EventScene.scalars(&events) == [])
            }
            try scene.append([record[record.count - 1]])
            found += EventScene.scalars(&events)
            #expect(found.count == index + 1)
        }
        #expect(found == ["loss@0=0.0", "loss@1=1.0", "loss@2=2.0"])
    }

    @Test
    func `damaged data skips a record, and a damaged length ends the file`() throws {
        let scene = try EventScene()
        var data = EventBytes.record(EventBytes.simple("loss", 1, step: 1))
        data[20] ^= 1
        var length = EventBytes.record(EventBytes.simple("loss", 3, step: 3))
        length[0] ^= 1
        let good = { EventBytes.record(EventBytes.simple("loss", Float($0), step: $0)) }
        try scene.append(good(0) + data + good(2) + length + good(4))
        try scene.append(good(5), to: "events.out.tfevents.2")
        var events = EventFolder(scene.folder.url.path)
        #expect(EventScene.scalars(&events) == ["loss@0=0.0", "loss@2=2.0", "loss@5=5.0"])
        try scene.append(good(6))
        #expect(EventScene.scalars(&events) == [])
    }

    @Test(arguments: [1 << 63, .max, 1 << 62, 1 << 59, 1 << 40, (16 << 20) + 1] as [UInt64])
    func `a length that no record has costs no memory`(length: UInt64) throws {
        let scene = try EventScene()
        try scene.append(EventBytes.record(EventBytes.simple("loss", 0, step: 0)) + EventBytes.header(length))
        try scene.append([UInt8](repeating: 0, count: 1000))
        var events = EventFolder(scene.folder.url.path)
        #expect(EventScene.scalars(&events) == ["loss@0=0.0"])
        #expect(EventScene.scalars(&events) == [])
    }

    @Test
    func `a record that is too long is passed over without being read`() throws {
        let scene = try EventScene()
        let data = [UInt8](repeating: 0, count: RecordReader.longest + 1)
        try scene.append(EventBytes.record(data) + EventBytes.record(EventBytes.simple("loss", 1, step: 1)))
        var events = EventFolder(scene.folder.url.path)
        #expect(EventScene.scalars(&events) == ["loss@1=1.0"])
    }

    @Test
    func `a budget divides the work, and nothing is read twice`() throws {
        let scene = try EventScene()
        for file in 0..<3 {
            for step in 0..<100 {
                let event = EventBytes.simple("loss", 0, step: Int64(100 * file + step))
                try scene.append(EventBytes.record(event), to: "run-\(file)/events.out.tfevents.\(file)")
            }
        }
        var (events, found): (EventFolder, [String]) = (EventFolder(scene.folder.url.path), [])
        var rounds = 0
        repeat {
            rounds += 1
            found += EventScene.scalars(&events, upTo: 1000)
        } while !events.readEvents(upTo: 1000, { found += $0.scalars.map { "\($0.tag)@\($0.step)=\($0.value)" } })
        #expect(Set(found) == Set((0..<300).map { "loss@\($0)=0.0" }))
        #expect(found.count == 300)
        #expect(rounds > 3)
    }

    @Test
    func `a new file of the same name is read from its beginning`() throws {
        let scene = try EventScene()
        try scene.append(EventBytes.record(EventBytes.simple("loss", 1, step: 1)))
        var events = EventFolder(scene.folder.url.path)
        #expect(EventScene.scalars(&events) == ["loss@1=1.0"])
        try scene.append(EventBytes.record(EventBytes.simple("loss", 2, step: 2)), to: "new")
        try FileManager.default.removeItem(atPath: scene.folder.path("events.out.tfevents.1"))
        try FileManager.default.moveItem(
            atPath: scene.folder.path("new"),
            toPath: scene.folder.path("events.out.tfevents.1")
        )
        #expect(EventScene.scalars(&events) == ["loss@2=2.0"])
    }

    @Test
    func `no link leads out of the folder`() throws {
        let (scene, other) = (try EventScene(), try EventScene())
        try other.append(EventBytes.record(EventBytes.simple("secret", 1, step: 1)))
        let target = other.folder.path("events.out.tfevents.1")
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: scene.folder.path("a.tfevents"), withDestinationPath: target)
        try manager.createSymbolicLink(
            atPath: scene.folder.path("train"),
            withDestinationPath: other.folder.url.path
        )
        let hasPipe = unsafe mkfifo(scene.folder.path("pipe.tfevents"), 0o600) == 0
        try #require(hasPipe)
        var events = EventFolder(scene.folder.url.path)
        #expect(EventScene.scalars(&events) == [])
        var absent = EventFolder(scene.folder.path("absent"))
        #expect(EventScene.scalars(&absent) == [])
    }
}
