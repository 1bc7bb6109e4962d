"""Prints the content of a media file as JSON: its streams by MediaInfo, its packets and first frame by PyAV's libav.

Neither is the ffmpeg that transcodes. Absent values are null."""

import json
import sys

import av
from pymediainfo import MediaInfo

# The number of points per direction in a quarter, whose colors are averaged.
GRID = 16
CODECS = {"AVC": "h264", "HEVC": "hevc", "JPEG": "jpeg"}


def main():
    file = json.load(sys.stdin)["file"]
    tracks = MediaInfo.parse(file).to_data()["tracks"]
    general = first(tracks, "General")
    video = first(tracks, "Video") or first(tracks, "Image")
    audio = first(tracks, "Audio")
    packets = read_packets(file) if video or audio else {}
    if video:
        average = packets["video"].pop("average_rate")
        video = {**read_video(video), **packets["video"], **read_frame(file)}
        # MediaInfo reports none for a GIF.
        video["frame_rate"] = video["frame_rate"] or average
    if audio:
        audio = {**read_audio(audio), **packets["audio"]}
    probe = {
        "duration": number(general, "duration", int),
        "video": video,
        "audio": audio,
    }
    json.dump(probe, sys.stdout)


def first(tracks, kind):
    return next((track for track in tracks if track["track_type"] == kind), None)


def number(track, name, kind=float):
    value = track.get(name)
    return None if value is None else kind(float(value))


def kilobits(track):
    bits = number(track, "bit_rate")
    return bits and bits / 1000


def codec(track):
    return CODECS.get(track["format"], track["format"].lower())


def read_video(track):
    # Such as "Main@L3.1".
    profile, _, level = track.get("format_profile", "").partition("@L")
    is_h264 = track["format"] == "AVC"
    return {
        "codec": codec(track),
        "profile": profile,
        "level": round(float(level) * 10) if is_h264 else None,
        "reference_frames": number(track, "format_settings__reference_frames", int),
        "width": track["width"],
        "height": track["height"],
        "rotation": number(track, "rotation", int) or 0,
        "pixel_aspect": number(track, "pixel_aspect_ratio"),
        "kilobits": kilobits(track),
        "frame_rate": number(track, "frame_rate"),
        "scan": track.get("scan_type"),
        "color": {
            "range": track.get("color_range"),
            "primaries": track.get("color_primaries"),
            "transfer": track.get("transfer_characteristics"),
            "matrix": track.get("matrix_coefficients"),
        },
    }


def read_audio(track):
    return {
        "codec": codec(track),
        "profile": track.get("format_additionalfeatures", ""),
        "sample_rate": track["sampling_rate"],
        "channels": track["channel_s"],
        "layout": track.get("channel_layout"),
        "kilobits": kilobits(track),
    }


def read_packets(file):
    """Returns values of the packets of the first video stream and of the first audio stream."""
    with av.open(file) as container:
        streams = [group[0] for group in (container.streams.video, container.streams.audio) if group]
        latest = {stream.type: None for stream in streams}
        longest = distance = count = 0
        for packet in container.demux(streams):
            # The last packet of a stream is empty and only flushes the decoder.
            if not packet.size:
                continue
            kind = packet.stream.type
            if packet.pts is not None:
                time = float(packet.pts * packet.time_base)
                latest[kind] = time if latest[kind] is None else max(latest[kind], time)
            if kind == "video":
                distance = 1 if packet.is_keyframe else distance + 1
                longest = max(longest, distance)
                count += 1
        result = {kind: {"last_packet": time} for kind, time in latest.items()}
        if "video" in result:
            rate = container.streams.video[0].average_rate
            result["video"]["keyframe_distance"] = longest
            result["video"]["average_rate"] = float(rate) if count > 1 and rate else None
        return result


def read_frame(file):
    with av.open(file) as container:
        frame = next(container.decode(video=0))
        return {"corners": corners(frame), "planes": planes(frame)}


def planes(frame):
    """Returns the stored mean samples of Y, U and V; null for formats other than 8-bit 4:2:0."""
    if frame.format.name != "yuv420p":
        return None

    def mean(plane):
        pixels = bytes(plane)
        rows = (row * plane.line_size for row in range(plane.height))
        return sum(sum(pixels[row : row + plane.width]) for row in rows) / (plane.width * plane.height)

    return [mean(plane) for plane in frame.planes]


def corners(frame):
    """Returns the stored mean color of each quarter of a frame: red, green and blue, 0 to 255."""
    frame = frame.reformat(format="rgb24")
    half_width, half_height = frame.width // 2, frame.height // 2
    quarters = {
        "top_left": (0, 0),
        "top_right": (half_width, 0),
        "bottom_left": (0, half_height),
        "bottom_right": (half_width, half_height),
    }
    plane = frame.planes[0]
    pixels = bytes(plane)

    def mean(left, top):
        rows = range(top, top + half_height, max(1, half_height // GRID))
        columns = range(left, left + half_width, max(1, half_width // GRID))
        starts = [row * plane.line_size + 3 * column for row in rows for column in columns]
        return [sum(pixels[start + channel] for start in starts) // len(starts) for channel in range(3)]

    return {name: mean(*corner) for name, corner in quarters.items()}


main()
